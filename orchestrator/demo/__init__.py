"""The four centres of 2013, inaugurated together, on one machine, by one command."""

"""What it costs, measured beside its peers: `make bench ARGS="NAME --json"`."""

"""Recording: what is on air, source by source, and the mix made of it afterwards."""

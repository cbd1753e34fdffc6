"""The program on the mini-PC of a room: outward only, and able to go on alone."""

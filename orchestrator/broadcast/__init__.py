"""The public page's stream: the program composed, encoded once and served, in a process apart."""

"""What the commands do, one module per command; imported once the command line has been parsed."""

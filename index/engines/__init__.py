"""Where analysed articles are kept and found."""

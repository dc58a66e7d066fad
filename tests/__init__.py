"""What Poisk does, each test one sentence of it; the folders follow the rooms of the code."""

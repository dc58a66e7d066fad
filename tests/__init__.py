"""What Poisk does, each test one sentence of it."""

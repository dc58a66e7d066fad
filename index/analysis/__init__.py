"""Text into terms: normalise, tokenize, lemmatise; Russian and English by the word's script."""

"""The three compute functions, their contracts and the backends."""

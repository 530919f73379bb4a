"""The portal in a real browser, served as a program of its own."""

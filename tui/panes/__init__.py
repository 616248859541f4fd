"""The widgets. Each shows one part of the state, and posts messages instead of acting."""

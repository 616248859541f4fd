"""Small apps for tests of the runner, and the image that they are made of."""

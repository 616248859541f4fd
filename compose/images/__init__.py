"""The images that a machine without an image registry needs, made from Debian's packages and PyPI.

One *recipe* names a folder with a Dockerfile, the Debian *packages* and other files it takes; the
*layer* is the root file system that comes of the packages; the *build* hands both to the engine.
"""

"""`make demo`: bgd's main job, shown on real containers while somebody keeps asking.

The *story* tells it step by step, the *visitors* are a process of their own that asks the public port
all the while, and *traces* are what all of it leaves behind until `make demo-down`.
"""

"""A Docker engine and Compose for `make`: found where they are, installed and started where they aren't.

What is found is left as it is. Only a `dockerd` that this checkout started is ever stopped.
"""

"""`bgctl`: one verb a file, over `bgd.client`."""

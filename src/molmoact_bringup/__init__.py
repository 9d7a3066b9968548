"""Bring-up: the node graph, the process runner and the molmoact command."""

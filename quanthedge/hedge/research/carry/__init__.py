"""Cash-and-carry: what a basket of the index against its future earns net of all it costs."""

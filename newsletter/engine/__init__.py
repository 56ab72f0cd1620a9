"""Who runs background work: the engine says when and where, the ledger says whether."""

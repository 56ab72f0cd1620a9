"""The ways out: the only modules that hand a letter to somebody else."""

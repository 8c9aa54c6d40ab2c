"""A published folder as a whole: files and hashes, the id, copies for other origins, and the proof of all that."""

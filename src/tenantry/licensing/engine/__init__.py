"""How a change order is carried out: lease, send, read back, settle. The row is the truth; jobs only wake up."""

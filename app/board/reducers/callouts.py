"""Nothing is folded here yet."""

"""Who may call: tokens, and the accounts server that gives them."""

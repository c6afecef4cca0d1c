"""The commands of `switchboard`, a module a group of them."""

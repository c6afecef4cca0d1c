"""What callers' sessions ask the service for behind their ports: dialling, callbacks, messages, faxes, lookups, hours."""

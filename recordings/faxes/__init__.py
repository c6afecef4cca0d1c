"""Faxes: their pages, a PDF of them, and the tray in which they are kept."""

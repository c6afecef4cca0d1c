"""SIP phones and callers to try an installation with: one at a time by baresip, in volume by SIPp."""

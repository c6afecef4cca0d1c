"""What follows from a request: each rule first makes sure that it is legal (raising changes nothing), then lets events happen."""

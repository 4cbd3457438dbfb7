"""What the demo system's accounts sign in with: nothing secret, and refused outside demo mode."""

PASSWORD = "muster-demo-hospital"  # noqa: S105
DOMAIN = "@demo.example"

"""What scenarios are measured by. Pure: parameters in, SQL out."""

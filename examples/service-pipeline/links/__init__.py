"""A service that makes short links of long ones, and counts how often they are followed."""

"""What this room has done every day."""

from tenantry.jobs import retention
from tenantry.traffic.calls import prune_calls

retention.register("traffic.calls", retention.Log.CALLS, prune_calls)

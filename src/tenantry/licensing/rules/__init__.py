"""Microsoft's rules about subscriptions, and the planner that applies them: pure functions.

Doors: `facts` and `wishes` (what goes in), `planner.plan_change` and `possibilities.possible_changes` (what may be
done), `plan` (what comes out), `terms` (dates), `settlement.settle` (what became of a lost answer), `book` (figures).
"""

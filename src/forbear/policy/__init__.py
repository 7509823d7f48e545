"""The ladder: which step a lender would take for a person, why, and in what words a person signs it.

A policy is a file (``forbear/policies/*.yaml``). ``load`` reads and checks it, ``evaluate`` turns
facts into wishes, ``explain`` prints it as paragraphs. What a policy wishes is only a wish: the gate
of ``forbear.law`` judges each one.
"""

from forbear.policy.load import Policy, load, shipped

__all__ = ["Policy", "load", "shipped"]

"""What one person can see of a proposal and do with it."""

from __future__ import annotations

from dataclasses import dataclass

import rules

from savings.agreements.reports import Proposal, ProposalStanding, may_answer, shares_a_part
from sovereignty import disputes
from sovereignty.models import Dispute, Role, User

#: How a proposal stands while it can still be withdrawn.
_NOT_DECIDED = (ProposalStanding.WAITING, ProposalStanding.DISPUTED, ProposalStanding.LAPSED)


@dataclass(frozen=True, slots=True)
class AgreementPage:
    """A proposal as its page shows it to a person."""

    proposal: Proposal
    user: User

    @property
    def may_answer(self) -> bool:
        return may_answer(self.proposal, self.user)

    @property
    def may_refuse(self) -> bool:
        """Whether the council may refuse: not a rule, if it takes part only in a service below."""
        return self.proposal.subject.refused_in_part or not shares_a_part(self.proposal, self.user)

    @property
    def may_speak(self) -> bool:
        return self._in_open_dispute and disputes.may_speak(self.user)

    @property
    def may_call_a_mediator(self) -> bool:
        dispute = self.proposal.dispute
        in_discussion = dispute is not None and dispute.stage == Dispute.Stage.DISCUSSION
        return in_discussion and self.may_speak

    @property
    def may_withdraw(self) -> bool:
        proposed_it = self.user.id == self.proposal.decision.proposed_by_id
        return self.proposal.standing in _NOT_DECIDED and (
            proposed_it or self.user.holds(Role.PROGRAMME_OFFICE)
        )

    @property
    def may_revise(self) -> bool:
        return self._in_open_dispute and rules.has_perm("savings.propose_rule", self.user)

    @property
    def _in_open_dispute(self) -> bool:
        return self.proposal.dispute is not None and self.proposal.dispute.is_open

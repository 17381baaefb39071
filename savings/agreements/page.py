"""What one person can see of a proposal and do with it."""

from __future__ import annotations

from dataclasses import dataclass

from savings.agreements.reports import Proposal, ProposalStanding, may_answer, shares_a_part
from savings.permissions.rules import may
from sovereignty.models import Dispute, User

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
        return self._in_open_dispute and may(self.user, "sovereignty.speak_in_dispute")

    @property
    def may_call_a_mediator(self) -> bool:
        dispute = self.proposal.dispute
        in_discussion = dispute is not None and dispute.stage == Dispute.Stage.DISCUSSION
        return in_discussion and self.may_speak

    @property
    def may_withdraw(self) -> bool:
        return self.proposal.standing in _NOT_DECIDED and may(
            self.user, "sovereignty.withdraw_proposal", self.proposal.decision
        )

    @property
    def may_revise(self) -> bool:
        """What revises it is another of its kind."""
        return self._in_open_dispute and may(self.user, self.proposal.subject.proposed_with)

    @property
    def _in_open_dispute(self) -> bool:
        return self.proposal.dispute is not None and self.proposal.dispute.is_open

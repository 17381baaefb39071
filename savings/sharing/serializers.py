"""Who shares a service as JSON, and the bodies that change it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from savings.agreements.reports import ProposalStanding
from savings.kit.provenance import Provenance
from savings.kit.serializers import ProvenanceField
from savings.sharing.actions import LONGEST_SOURCE, SOURCE_MISSING
from savings.sharing.reports import Agreement, Sharing
from services.models import Hosting
from services.serializers import QuarterText, SettledSerializer, settled_as_json
from services.states import CHOICES
from sovereignty.shapes import Shape, Text


class ParticipationSerializer(serializers.Serializer):
    """A council's time in a service. `last_quarter` is null until further notice."""

    council = serializers.CharField(source="council.code")
    effective_from = QuarterText(source="from_quarter")
    last_quarter = QuarterText(source="to_quarter", allow_null=True)
    source = serializers.CharField(allow_blank=True)  # type: ignore[assignment]


class HostingSerializer(ParticipationSerializer):
    """A council's time as host. `last_quarter` is null until further notice."""

    provenance = ProvenanceField()
    illustrative = serializers.SerializerMethodField()

    def get_illustrative(self, row: Hosting) -> bool:
        return row.provenance == Provenance.ILLUSTRATIVE


class RestingSerializer(serializers.Serializer):
    """A rule or transition budget that is only in force if all who take part have agreed."""

    decision = serializers.IntegerField(source="proposal.id")
    kind = serializers.ChoiceField(choices=["rule", "budget"], source="proposal.kind")
    title = serializers.CharField(source="proposal.decision.title")
    service = serializers.CharField(source="proposal.service.slug")
    effective_from = QuarterText(source="proposal.effective_from")
    standing = serializers.ChoiceField(
        choices=[each.value for each in ProposalStanding], source="proposal.standing"
    )
    in_force_from = QuarterText(
        source="proposal.force.since", allow_null=True, help_text="Null if never in force."
    )
    in_force_to = serializers.SerializerMethodField(
        help_text="The last quarter before councils take part that have not agreed; null if none."
    )
    ended_by = serializers.SerializerMethodField(
        help_text="Councils that take part from then on and have not agreed."
    )
    illustrative = serializers.BooleanField(source="proposal.illustrative")

    def get_in_force_to(self, row: Agreement) -> str | None:
        ended = row.proposal.force.ended
        return ended.preceding.code if ended else None

    def get_ended_by(self, row: Agreement) -> list[str]:
        return [council.code for council in row.proposal.force.ended_by]


class SharingSerializer(serializers.Serializer):
    """Who takes part in a service and who hosts it, from which quarter to which."""

    service = serializers.CharField(source="service.slug")
    name = serializers.CharField(source="service.name")
    participants_from = serializers.SerializerMethodField(
        help_text="The service whose participants these are: itself, or the one above it follows.",
    )
    participation = ParticipationSerializer(many=True)
    host_from = serializers.SerializerMethodField(
        help_text="The service whose hosts these are: itself, or the one above it follows.",
    )
    hosting = HostingSerializer(many=True)
    followed_by = serializers.SerializerMethodField(
        help_text="Services below that have the same participants and change with it."
    )
    agreements = RestingSerializer(
        many=True,
        help_text="Of the service and of the services that follow it, without replaced ones.",
    )
    period = QuarterText(
        source="as_at", allow_null=True, help_text="The quarter that the state is as at."
    )
    state = serializers.ChoiceField(
        choices=CHOICES,
        allow_null=True,
        help_text="What becomes of it: nobody shares what is anything else than `shared`. Null "
        "where nothing is recorded and fewer than two councils take part.",
    )
    state_settled = serializers.SerializerMethodField(
        help_text="Who settled the state and where; null where it is not recorded but follows "
        "from who takes part."
    )

    @extend_schema_field(SettledSerializer(allow_null=True))
    def get_state_settled(self, row: Sharing) -> dict[str, Any] | None:
        return settled_as_json(row.settled)

    def get_participants_from(self, row: Sharing) -> str | None:
        return row.participants_from.slug if row.participants_from else None

    def get_host_from(self, row: Sharing) -> str | None:
        return row.host_from.slug if row.host_from else None

    def get_followed_by(self, row: Sharing) -> list[str]:
        return [service.slug for service in row.following]


class ChangeBody(Shape):
    council = Text("Name the council by its code.", max_length=12)
    source = Text(SOURCE_MISSING, max_length=LONGEST_SOURCE)  # type: ignore[assignment]


class JoiningBody(ChangeBody):
    effective_from = QuarterText(help_text="The first quarter in which the council takes part.")


class LeavingBody(ChangeBody):
    last_quarter = QuarterText(help_text="The last quarter in which the council takes part.")


class HostBody(ChangeBody):
    effective_from = QuarterText(help_text="The first quarter in which the council is host.")

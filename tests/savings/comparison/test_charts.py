"""The comparison's pictures: whole pence, labels in words, and colours that are apart in grey."""

import json
from dataclasses import dataclass

from savings.comparison import charts
from savings.plans.measures import Measure, Measured, Pair


@dataclass
class Row:
    name: str
    planned: int
    delivered: int
    published: int = 0
    code: str | None = None

    @property
    def pair(self) -> Pair:
        return Pair(Measured(self.planned, Measure.TO_DATE), self.achieved)

    @property
    def set_against(self) -> Pair:
        return self.pair

    @property
    def achieved(self) -> Measured:
        return Measured(self.delivered, Measure.TO_DATE)


AREAS = [
    Row("Children's", 10_500_000_00, 4_540_000_00),
    Row("CEX", 200_000_00, 0),
]


def test_each_area_has_its_promise_above_its_delivery_in_whole_pence() -> None:
    figure = charts.promised_and_delivered(AREAS, nil="nil")
    promised, delivered = figure["data"]
    assert (promised["name"], delivered["name"]) == ("Promised", "Delivered")
    assert promised["y"] == ["Children's", "CEX"]
    assert promised["x"] == [1_050_000_000, 20_000_000]
    assert delivered["x"] == [454_000_000, 0]
    assert promised["text"] == ["£10.5m", "£0.2m"]
    assert delivered["text"] == ["£4.54m", "nil"]
    assert figure["layout"]["yaxis"]["autorange"] == "reversed"


def test_bars_of_different_measures_are_told_apart_in_the_legend() -> None:
    @dataclass
    class Yearly(Row):
        @property
        def pair(self) -> Pair:
            return Pair(
                Measured(self.planned, Measure.ANNUAL_RATE),
                Measured(self.delivered, Measure.TO_DATE),
            )

    figure = charts.promised_and_delivered([Yearly("A", 5_00, 1_00)], nil="nil")
    assert [bar["name"] for bar in figure["data"]] == [
        "Promised, a year",
        "Delivered, since the start",
    ]


def test_a_bar_without_a_figure_says_so_and_has_no_length() -> None:
    @dataclass
    class Unknown(Row):
        @property
        def achieved(self) -> Measured:
            return Measured(None, Measure.TO_DATE, "Not known.")

    figure = charts.promised_and_delivered([Unknown("A", 5_00, 0)], nil="nil")
    assert [(bar["x"], bar["text"]) for bar in figure["data"]] == [
        ([500], ["£5.00"]),
        ([0], ["no figure"]),
    ]


def test_bars_share_a_line_only_where_a_line_has_both() -> None:
    split = [Row("A", 5_00, 0), Row("As a whole", 0, 4_00)]
    assert charts.promised_and_delivered(AREAS)["layout"]["barmode"] == "group"
    assert charts.promised_and_delivered(split)["layout"]["barmode"] == "overlay"
    assert [bar["text"] for bar in charts.promised_and_delivered(split)["data"]] == [
        ["£5.00", ""],
        ["", "£4.00"],
    ]


def test_the_unattributed_bar_is_hatched_as_well_as_grey() -> None:
    lines = [
        Row("Westminster", 0, 12_00, code="WCC"),
        Row("Not attributed", 0, 8_00),
    ]
    (bars,) = charts.parts_of_councils(lines)["data"]
    assert bars["marker"]["color"] == [charts.DELIVERED, charts.UNATTRIBUTED]
    assert bars["marker"]["pattern"]["shape"] == ["", "/"]


def test_labels_have_room_beyond_the_longest_bar_on_either_side() -> None:
    figure = charts.promised_and_delivered([Row("A", 100_00, -50_00)])
    assert figure["layout"]["xaxis"]["range"] == [-6_500, 13_000]


def test_a_figure_is_plain_data_without_floats() -> None:
    def no_floats(text: str) -> None:
        raise AssertionError(f"{text} is a float")

    figure = charts.promised_and_delivered(AREAS)
    assert json.loads(json.dumps(figure), parse_float=no_floats) == figure


def lightness(colour: str) -> float:
    """Relative luminance, as the accessibility guidelines define it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_the_two_colours_are_apart_in_grey_and_from_the_page() -> None:
    def contrast(one: str, other: str) -> float:
        high, low = sorted((lightness(one), lightness(other)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    assert contrast(charts.PROMISED, charts.DELIVERED) >= 3
    assert contrast(charts.PROMISED, "#ffffff") >= 3
    assert contrast(charts.UNATTRIBUTED, "#ffffff") >= 3

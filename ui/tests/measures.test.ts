import { expect, test } from "vitest";
import { featureName, measure } from "../src/detail/measures.ts";

test.each([
  ["removed_share", 0.917, "91.7 %"],
  ["top_10_share_of_supply", 0.5122, "51.2 %"],
  ["sellers_share_at_most", 0.1229, "12.3 %"],
  ["share_holders", 2, "2"],
  ["shares_locked", 0, "0 %"],
  ["chance_of_equal_amounts", 0.0018, "0.18 %"],
  ["pool_removed_since", 0.5, "50 %"],
  ["price_change_from_highest", -0.535, "−53.5 %"],
  ["price_rise", 0.0254, "+2.5 %"],
  ["price_rise_deviation", 5.21, "5.21"],
  ["price_change", 0, "0 %"],
  ["pool_age_hours", 0.885, "0.885 h"],
  ["seconds_after_pool_creation", 6, "6 s"],
  ["by_insider", 1, "yes"],
  ["prior_probability", 0.05, "0.05"],
  ["transfer_amount", 3_365_243, "3.37M"],
  ["mean_sentiment", -0.65, "−0.65"],
  ["removed_share", Number.NaN, "–"],
])("%s of %d is %s", (feature, value, text) => {
  expect(measure(feature, value)).toBe(text);
});

test("a unit stands with the value, not in the name", () => {
  expect(featureName("pool_age_hours")).toBe("Pool age");
  expect(featureName("seconds_after_pool_creation")).toBe("Seconds after pool creation");
  expect(featureName("rush_orders")).toBe("Rush orders");
});

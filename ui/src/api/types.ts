/** The API's words, generated from its OpenAPI description, under the names the page uses. */

import type { components, operations } from "./schema.ts";

type Schemas = components["schemas"];

export type Alert = Schemas["Alert"];
export type AlertHistory = Schemas["AlertHistory"];
export type AlertPage = Schemas["Page_Alert_"];
export type Detector = Schemas["Detector"];
export type DetectorPage = Schemas["Page_Detector_"];
export type Evidence = Schemas["Evidence"];
export type InputReference = Schemas["InputReference"];
export type Series = Schemas["Series"];
export type Step = Schemas["Step"];
export type Token = Schemas["Token"];
export type TokenPage = Schemas["Page_Token_"];
export type Verdict = Schemas["Verdict"];
/** What a user says of an alert. */
export type Judging = Schemas["Judging"];
export type WatchEntry = Schemas["WatchEntry"];
export type WatchListPage = Schemas["Page_WatchEntry_"];
/** What names an entry of the watch list: a token, an account, a keyword or a pool. */
export type WatchSubject = Pick<Schemas["WatchEntryInput"], "kind" | "value" | "source" | "chain">;

export type Judgement = Verdict["verdict"];
export type Pattern = Alert["pattern"];
export type Severity = Alert["severity"];
export type Status = Alert["status"];
export type WatchKind = WatchEntry["kind"];

export type AlertQuery = NonNullable<operations["list_alerts"]["parameters"]["query"]>;
export type WatchListQuery = NonNullable<operations["list_watched"]["parameters"]["query"]>;
export type TokenQuery = NonNullable<operations["list_tokens"]["parameters"]["query"]>;
export type SeriesQuery = NonNullable<operations["get_series"]["parameters"]["query"]>;

import { useCallback, useEffect, useRef } from "react";
import { fetchAlert } from "../api/client.ts";
import type { Alert, AlertHistory } from "../api/types.ts";
import { share } from "../format/numbers.ts";
import { duration, fullTime, relativeTime } from "../format/time.ts";
import { patternAtRisk, patternMeaning, patternName, plain } from "../format/words.ts";
import { ScoreMeter, SeverityBadge, StatusTag } from "../shell/badges.tsx";
import { CopyButton } from "../shell/CopyButton.tsx";
import { Empty } from "../shell/Empty.tsx";
import { alertHref, alertsHref, tokenHref } from "../shell/router.ts";
import { TokenAddress } from "../shell/TokenAddress.tsx";
import { useNow } from "../shell/useNow.ts";
import { useResource } from "../shell/useResource.ts";
import { useStream } from "../stream/hooks.tsx";
import { isGoingOn } from "../stream/state.ts";
import { Circumstances } from "./Circumstances.tsx";
import { isCircumstance } from "./circumstances.ts";
import { EventMembers, PartOf } from "./Event.tsx";
import { EvidenceTable } from "./EvidenceTable.tsx";
import { Inputs } from "./Inputs.tsx";
import { Revisions } from "./Revisions.tsx";
import { Verdicts } from "./Verdicts.tsx";

/** One alert: what it says, on what evidence, how it came about, and from which records. */
export function AlertDetail({ id, query }: { id: string; query: URLSearchParams }) {
  const { state } = useStream();
  const held = state.alerts.get(id)?.alert;
  const read = useCallback((key: string, signal: AbortSignal) => fetchAlert(key, signal), []);
  const { data, error } = useResource(id, `${state.generation}:${held?.seq ?? 0}`, read);
  const alert = held !== undefined && (data === null || held.seq > data.seq) ? held : data;

  const article = useRef<HTMLElement>(null);
  // Whoever opens an alert reads on there, by keyboard and screen reader too.
  useEffect(() => article.current?.focus({ preventScroll: true }), []);

  return (
    <article ref={article} className="detail" aria-labelledby="detail-title" tabIndex={-1}>
      <a
        className="detail-close"
        href={alertsHref(query)}
        aria-keyshortcuts="Escape"
        title="Close (Esc); j and k open the next and the previous"
      >
        <span aria-hidden="true">✕</span>
        <span className="visually-hidden">Close this alert</span>
      </a>
      {alert !== null && <Body alert={alert} history={data} query={query} />}
      {alert === null && error !== null && (
        <Empty
          title={error.status === 404 ? "There is no such alert" : "The alert could not be read"}
        >
          {error.status === 404 ? (
            <>
              Pick one from <a href={alertsHref(query)}>the feed</a>.
            </>
          ) : (
            error.message
          )}
        </Empty>
      )}
      {alert === null && error === null && <div className="feed-loading" aria-busy="true" />}
    </article>
  );
}

function Body({
  alert,
  history,
  query,
}: {
  alert: Alert;
  history: AlertHistory | null;
  query: URLSearchParams;
}) {
  return (
    <>
      <header className="detail-head" data-severity={alert.severity}>
        <div className="detail-tags">
          <SeverityBadge severity={alert.severity} />
          <StatusTag status={alert.status} />
          <span className="row-phase">{plain(alert.phase)}</span>
          <CopyButton text={linkTo(alert.id)} label="Copy link" />
        </div>
        <h2 id="detail-title">
          <a href={tokenHref(alert.token, new URLSearchParams({ alert: alert.id }))}>
            {alert.symbol}
          </a>{" "}
          <span>{patternName(alert.pattern)}</span>
        </h2>
        <p className="detail-explanation">{alert.explanation}</p>
        <p className="detail-meaning">{patternMeaning(alert.pattern)}</p>
        <PartOf alert={alert} query={query} />
        <TokenAddress token={alert.token} />
      </header>
      <Facts alert={alert} />
      {history !== null && <Verdicts alert={history} />}
      <section aria-labelledby="evidence-title">
        <h3 id="evidence-title">Evidence</h3>
        <EvidenceTable evidence={alert.evidence.filter((each) => !isCircumstance(each))} />
      </section>
      <Circumstances evidence={alert.evidence} score={alert.score} />
      <EventMembers alert={alert} query={query} />
      <section aria-labelledby="revisions-title">
        <h3 id="revisions-title">How it developed</h3>
        <Revisions revisions={history?.revisions ?? []} />
      </section>
      <section aria-labelledby="inputs-title">
        <h3 id="inputs-title">Inputs</h3>
        <Inputs inputs={alert.inputs} />
      </section>
      <footer className="detail-foot">
        <span>
          <a href="#/detectors">Detector</a> <code>{alert.detector_version}</code>
        </span>
        <span>
          Alert <code>{alert.id}</code>
        </span>
      </footer>
    </>
  );
}

/** Whoever gets the link needs none of the reader's filters. */
function linkTo(id: string): string {
  return new URL(alertHref(id), location.href).href;
}

function Facts({ alert }: { alert: Alert }) {
  const now = useNow();
  const lasted =
    alert.ended_at === null ? null : Date.parse(alert.ended_at) - Date.parse(alert.onset_estimate);
  const ongoing = isGoingOn(alert) ? "Going on" : "Not known";
  return (
    <dl className="facts" data-severity={alert.severity}>
      <div>
        <dt>Score</dt>
        <dd>
          <ScoreMeter score={alert.score} />
          <small>how probably it is right</small>
        </dd>
      </div>
      <div>
        <dt>At risk</dt>
        <dd>
          {alert.impact > 0 ? share(alert.impact) : "Not known"}
          {alert.impact > 0 && <small>{patternAtRisk(alert.pattern)}</small>}
        </dd>
      </div>
      <div>
        <dt>Seen</dt>
        <dd>
          {relativeTime(alert.event_time, now)}
          <small>{fullTime(alert.event_time)}</small>
        </dd>
      </div>
      <div>
        <dt>Seems to have begun</dt>
        <dd>
          {relativeTime(alert.onset_estimate, now)}
          <small>{fullTime(alert.onset_estimate)}</small>
        </dd>
      </div>
      <div>
        <dt>Ended</dt>
        <dd>
          {alert.ended_at === null ? ongoing : relativeTime(alert.ended_at, now)}
          <small>
            {alert.ended_at === null || lasted === null
              ? "no end was seen"
              : `${fullTime(alert.ended_at)}, after ${duration(lasted)}`}
          </small>
        </dd>
      </div>
    </dl>
  );
}

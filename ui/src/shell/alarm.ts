/** A sound and a notification of the system for grave news; off until the reader turns it on. */

import { useSyncExternalStore } from "react";

const KEY = "memewatch.alarm";
const listeners = new Set<() => void>();
let audio: AudioContext | null = null;

export function useAlarmIsOn(): boolean {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, alarmIsOn);
}

/** Turned on, it sounds once, so that the reader knows it and the browser allows it. */
export function toggleAlarm(): void {
  const on = !alarmIsOn();
  localStorage.setItem(KEY, on ? "on" : "off");
  for (const listener of listeners) listener();
  if (!on) return;
  sound();
  if ("Notification" in window && Notification.permission === "default") {
    void Notification.requestPermission();
  }
}

/** Nothing while it is off. What is in sight needs no notification, only the sound. */
export function raiseAlarm(title: string, text: string, onClick: () => void): void {
  if (!alarmIsOn()) return;
  sound();
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  if (document.visibilityState === "visible" && document.hasFocus()) return;
  const notification = new Notification(title, { body: text, tag: "memewatch" });
  notification.onclick = () => {
    window.focus();
    onClick();
    notification.close();
  };
}

function alarmIsOn(): boolean {
  return localStorage.getItem(KEY) === "on";
}

const NOTES_HZ = [880, 1174.66];
const NOTE_S = 0.16;
const LOUDNESS = 0.2;

/** Two rising notes. After a reload a browser keeps quiet until the reader has clicked once. */
function sound(): void {
  audio ??= new AudioContext();
  const context = audio;
  void context.resume().then(() => {
    NOTES_HZ.forEach((frequency, index) => {
      const begin = context.currentTime + index * NOTE_S;
      const tone = new OscillatorNode(context, { frequency });
      const volume = new GainNode(context, { gain: 0 });
      volume.gain.linearRampToValueAtTime(0, begin);
      volume.gain.linearRampToValueAtTime(LOUDNESS, begin + 0.02);
      volume.gain.linearRampToValueAtTime(0, begin + NOTE_S);
      tone.connect(volume).connect(context.destination);
      tone.start(begin);
      tone.stop(begin + NOTE_S);
    });
  });
}

/** Why a WebSocket is closed: RFC 6455, 7.4.1, and IANA's registry of what came later. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  policy: 1008,
  failure: 1011,
  tryAgainLater: 1013,
} as const;

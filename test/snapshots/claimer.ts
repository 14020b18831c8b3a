/** A process of its own that claims a piece of work, says `mine` or `taken by PID`, and stays: `claimer.ts HOME KEY`. */
import { openFlights } from '../../snapshots/flights.ts';

const [home = '', key = ''] = process.argv.slice(2);
const claim = openFlights(home, Date.now).claim({ key, seen: new Map() });
console.log(claim.taken ? `taken by ${claim.by.pid}` : 'mine');
setInterval(() => undefined, 60_000);

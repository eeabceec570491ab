/** Broken-down time (C99 7.23), proleptic Gregorian, UTC, the C locale; and strftime. */

export interface BrokenTime {
  sec: number;
  min: number;
  hour: number;
  mday: number;
  mon: number;
  year: number;
  wday: number;
  yday: number;
  isdst: number;
}

const DAY = 86400;
const dayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

function leap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Days from 1970-01-01 to the first of a month (0-11, any integer). */
function daysTo(year: number, month: number): number {
  year += Math.floor(month / 12);
  month = ((month % 12) + 12) % 12;
  const before = year - 1;
  const years = 365 * (year - 1970) + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477;
  const lengths = [31, leap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  return years + lengths.slice(0, month).reduce((sum, days) => sum + days, 0);
}

export function fromSeconds(seconds: number): BrokenTime {
  const day = Math.floor(seconds / DAY);
  const rest = seconds - day * DAY;
  let year = 1970 + Math.floor(day / 365.2425);
  while (daysTo(year, 0) > day) year--;
  while (daysTo(year + 1, 0) <= day) year++;
  let mon = 11;
  while (daysTo(year, mon) > day) mon--;
  return {
    sec: rest % 60,
    min: Math.floor(rest / 60) % 60,
    hour: Math.floor(rest / 3600),
    mday: day - daysTo(year, mon) + 1,
    mon,
    year: year - 1900,
    wday: (((day + 4) % 7) + 7) % 7,
    yday: day - daysTo(year, 0),
    isdst: 0,
  };
}

export function toSeconds(time: BrokenTime): number {
  return (daysTo(time.year + 1900, time.mon) + time.mday - 1) * DAY + time.hour * 3600 + time.min * 60 + time.sec;
}

const two = (n: number): string => String(n).padStart(2, '0');
const blank = (n: number): string => String(n).padStart(2, ' ');

/** ISO 8601 week and its year. */
function isoWeek({ year, yday, wday }: BrokenTime): { year: number; week: number } {
  let of = year + 1900;
  let week = Math.floor((yday - ((wday + 6) % 7) + 10) / 7);
  const weeks = (y: number): number => {
    const first = (((daysTo(y, 0) + 4) % 7) + 7) % 7;
    return first === 4 || (leap(y) && first === 3) ? 53 : 52;
  };
  if (week < 1) week = weeks(--of);
  else if (week > weeks(of)) {
    week = 1;
    of++;
  }
  return { year: of, week };
}

export function asctimeText(time: BrokenTime): string {
  const day = dayNames[time.wday]?.slice(0, 3) ?? '???';
  const month = monthNames[time.mon]?.slice(0, 3) ?? '???';
  return `${day} ${month} ${blank(time.mday)} ${two(time.hour)}:${two(time.min)}:${two(time.sec)} ${time.year + 1900}\n`;
}

export function strftimeText(format: string, time: BrokenTime, windows: boolean): string {
  const year = time.year + 1900;
  const twelve = time.hour % 12 || 12;
  const one = (c: string): string => {
    switch (c) {
      case 'a':
        return dayNames[time.wday]?.slice(0, 3) ?? '?';
      case 'A':
        return dayNames[time.wday] ?? '?';
      case 'b':
      case 'h':
        return monthNames[time.mon]?.slice(0, 3) ?? '?';
      case 'B':
        return monthNames[time.mon] ?? '?';
      case 'c':
        return windows ? strftimeText('%m/%d/%y %H:%M:%S', time, windows) : asctimeText(time).trimEnd();
      case 'C':
        return two(Math.floor(year / 100));
      case 'd':
        return two(time.mday);
      case 'D':
      case 'x':
        return strftimeText('%m/%d/%y', time, windows);
      case 'e':
        return blank(time.mday);
      case 'F':
        return `${year}-${two(time.mon + 1)}-${two(time.mday)}`;
      case 'g':
        return two(isoWeek(time).year % 100);
      case 'G':
        return String(isoWeek(time).year);
      case 'H':
        return two(time.hour);
      case 'I':
        return two(twelve);
      case 'j':
        return String(time.yday + 1).padStart(3, '0');
      case 'm':
        return two(time.mon + 1);
      case 'M':
        return two(time.min);
      case 'n':
        return '\n';
      case 'p':
        return time.hour < 12 ? 'AM' : 'PM';
      case 'r':
        return strftimeText('%I:%M:%S %p', time, windows);
      case 'R':
        return strftimeText('%H:%M', time, windows);
      case 's':
        return String(toSeconds(time));
      case 'S':
        return two(time.sec);
      case 't':
        return '\t';
      case 'T':
      case 'X':
        return strftimeText('%H:%M:%S', time, windows);
      case 'u':
        return String(time.wday || 7);
      case 'U':
        return two(Math.floor((time.yday + 7 - time.wday) / 7));
      case 'V':
        return two(isoWeek(time).week);
      case 'w':
        return String(time.wday);
      case 'W':
        return two(Math.floor((time.yday + 7 - ((time.wday + 6) % 7)) / 7));
      case 'y':
        return two(((year % 100) + 100) % 100);
      case 'Y':
        return String(year);
      case 'z':
        return '+0000';
      case 'Z':
        return windows ? 'Coordinated Universal Time' : 'UTC';
      case '%':
        return '%';
      default:
        return `%${c}`;
    }
  };
  return format.replace(/%[EO]?(.)/gs, (_all, c: string) => one(c));
}

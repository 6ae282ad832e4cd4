// Times and days in the page's language, by the visitor's clock.
import { language } from './strings.ts';

/** 14:05 */
export const timeOf = (at: Date): string => at.toLocaleTimeString(language, { timeStyle: 'short' });

/** today, Monday, 3 March */
export function dayOf(at: Date): string {
  const days = daysTo(at);
  if (days > -2) return relative(days, 'day');
  return at.toLocaleDateString(language, { weekday: 'long', day: 'numeric', month: 'long' });
}

/** 5 minutes ago, yesterday, 3 March */
export function ago(at: Date): string {
  const minutes = Math.min(Math.round((+at - Date.now()) / 60000), 0);
  if (minutes > -60) return relative(minutes, 'minute');
  const days = daysTo(at);
  if (!days) return relative(Math.round(minutes / 60), 'hour');
  return days > -7 ? relative(days, 'day') : at.toLocaleDateString(language, { day: 'numeric', month: 'short' });
}

const relative = (count: number, unit: Intl.RelativeTimeFormatUnit) =>
  new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(count, unit);

/** How many midnights lie between; summer time makes days of 23 hours. */
const daysTo = (at: Date) => Math.round((new Date(at).setHours(0, 0, 0, 0) - new Date().setHours(0, 0, 0, 0)) / 864e5);

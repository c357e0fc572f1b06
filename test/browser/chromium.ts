/** Where Debian's package `chromium` puts it; CHROMIUM names another place. */
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

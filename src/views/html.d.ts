/** A page with its styles and scripts inside, as `views.js` puts it together. */
declare module '*.html' {
  const html: string;
  export default html;
}

// Runs before the first paint, so that a chosen theme does not flash the other one.
try {
  var theme = localStorage.getItem('rondo.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
  document.documentElement.lang = localStorage.getItem('rondo.locale') || (navigator.language.slice(0, 2) === 'ko' ? 'ko' : 'en')
} catch {
  // storage may be forbidden; the system's theme is fine then
}

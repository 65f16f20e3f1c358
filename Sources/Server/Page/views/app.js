// The full page: `index.html` loads this file.

import '../lib/theme.js';
import { Home } from './home.js';
import { SignInFlow } from './sign-in-flow.js';

const root = document.getElementById('app');
new SignInFlow(root, { open: (viewer, handlers) => new Home(root, viewer, handlers) }).start();

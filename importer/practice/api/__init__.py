"""What all API calls share: admission, errors, credits."""

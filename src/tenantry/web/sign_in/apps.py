from django.apps import AppConfig


class SignInConfig(AppConfig):
    name = "tenantry.web.sign_in"
    label = "sign_in"

SELECT
  "t22"."customer_id"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t19"."customer_id",
      "t19"."created_on",
      "t19"."country",
      "t19"."language",
      "t19"."branch",
      "t19"."birthday_on",
      "t19"."simulated",
      "t19"."source",
      "t19"."tags",
      "t19"."referred",
      "t19"."referrals",
      "t19"."left_contact",
      "t19"."contactable",
      "t19"."may_email_marketing",
      "t19"."may_email_service",
      "t19"."may_letter_marketing",
      "t19"."may_letter_service",
      "t19"."fact_taste",
      "t19"."fact_size",
      "t19"."fact_limit",
      "t19"."fact_owner",
      "t19"."gaps_0",
      "t19"."orders_0",
      "t19"."orders_1"
    FROM (
      SELECT
        "t18"."customer_id",
        "t18"."created_on",
        "t18"."country",
        "t18"."language",
        "t18"."branch",
        "t18"."birthday_on",
        "t18"."simulated",
        "t18"."source",
        "t18"."tags",
        "t18"."referred",
        "t18"."referrals",
        "t18"."left_contact",
        "t18"."contactable",
        "t18"."may_email_marketing",
        "t18"."may_email_service",
        "t18"."may_letter_marketing",
        "t18"."may_letter_service",
        "t18"."fact_taste",
        "t18"."fact_size",
        "t18"."fact_limit",
        "t18"."fact_owner",
        "t18"."gaps_0",
        "t12"."customer_id" AS "customer_id_right",
        "t12"."orders_0",
        "t12"."orders_1"
      FROM (
        SELECT
          "t16"."customer_id",
          "t16"."created_on",
          "t16"."country",
          "t16"."language",
          "t16"."branch",
          "t16"."birthday_on",
          "t16"."simulated",
          "t16"."source",
          "t16"."tags",
          "t16"."referred",
          "t16"."referrals",
          "t16"."left_contact",
          "t16"."contactable",
          "t16"."may_email_marketing",
          "t16"."may_email_service",
          "t16"."may_letter_marketing",
          "t16"."may_letter_service",
          "t16"."fact_taste",
          "t16"."fact_size",
          "t16"."fact_limit",
          "t16"."fact_owner",
          "t16"."gaps_0"
        FROM (
          SELECT
            "t3"."customer_id",
            "t3"."created_on",
            "t3"."country",
            "t3"."language",
            "t3"."branch",
            "t3"."birthday_on",
            "t3"."simulated",
            "t3"."source",
            "t3"."tags",
            "t3"."referred",
            "t3"."referrals",
            "t3"."left_contact",
            "t3"."contactable",
            "t3"."may_email_marketing",
            "t3"."may_email_service",
            "t3"."may_letter_marketing",
            "t3"."may_letter_service",
            "t3"."fact_taste",
            "t3"."fact_size",
            "t3"."fact_limit",
            "t3"."fact_owner",
            "t15"."customer_id" AS "customer_id_right",
            "t15"."gaps_0"
          FROM "customers" AS "t3"
          LEFT OUTER JOIN (
            SELECT
              "t13"."customer_id",
              CASE
                WHEN COUNT(*) >= 2
                THEN PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY
                  "t13"."gap_days")
                ELSE CAST(NULL AS DOUBLE PRECISION)
              END AS "gaps_0"
            FROM (
              SELECT
                "t10"."customer_id",
                CAST(EXTRACT(epoch FROM CAST("t10"."occurred_on" AS TIMESTAMP) - CAST("t10"."before_on" AS TIMESTAMP)) / 86400 AS BIGINT) AS "gap_days"
              FROM (
                SELECT
                  "t6"."customer_id",
                  "t6"."occurred_on",
                  LAG("t6"."occurred_on") OVER (
                    PARTITION BY "t6"."customer_id"
                    ORDER BY "t6"."occurred_on" ASC
                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
                  ) AS "before_on"
                FROM (
                  SELECT DISTINCT
                    "t2"."customer_id",
                    "t2"."occurred_on"
                  FROM "orders" AS "t2"
                  WHERE
                    "t2"."customer_id" IS NOT NULL
                    AND "t2"."occurred_on" <= MAKE_DATE(2024, 2, 29)
                    AND "t2"."kind" = 'sale'
                ) AS "t6"
              ) AS "t10"
              WHERE
                "t10"."before_on" IS NOT NULL
            ) AS "t13"
            GROUP BY
              1
          ) AS "t15"
            ON "t3"."customer_id" = "t15"."customer_id"
        ) AS "t16"
      ) AS "t18"
      LEFT OUTER JOIN (
        SELECT
          "t5"."customer_id",
          COUNT(DISTINCT "t5"."occurred_on") FILTER(WHERE
            (
              "t5"."kind" = 'sale'
            ) AND (
              "t5"."occurred_on" >= MAKE_DATE(2022, 3, 2)
            )) AS "orders_0",
          MAX("t5"."occurred_on") FILTER(WHERE
            "t5"."kind" = 'sale') AS "orders_1"
        FROM (
          SELECT
            *
          FROM "orders" AS "t2"
          WHERE
            "t2"."customer_id" IS NOT NULL AND "t2"."occurred_on" <= MAKE_DATE(2024, 2, 29)
        ) AS "t5"
        GROUP BY
          1
      ) AS "t12"
        ON "t18"."customer_id" = "t12"."customer_id"
    ) AS "t19"
  ) AS "t20"
  WHERE
    COALESCE("t20"."orders_0", 0) >= 3
    AND COALESCE(
      (
        CAST(EXTRACT(epoch FROM CAST(MAKE_DATE(2024, 2, 29) AS TIMESTAMP) - CAST("t20"."orders_1" AS TIMESTAMP)) / 86400 AS BIGINT) * 10
      ) >= (
        "t20"."gaps_0" * 20
      ),
      FALSE
    )
    AND (
      COALESCE("t20"."country" = 'fr', FALSE)
      OR COALESCE(POSITION('vip' IN "t20"."tags") > 0, FALSE)
    )
    AND COALESCE("t20"."may_email_marketing", FALSE)
) AS "t22"
WHERE
  EXISTS(
    SELECT
      1
    FROM (
      SELECT
        "t0"."customer_id"
      FROM "lines" AS "t0"
      WHERE
        "t0"."customer_id" IS NOT NULL
        AND "t0"."occurred_on" <= MAKE_DATE(2024, 2, 29)
        AND "t0"."quantity_milli" > 0
        AND (
          (
            "t0"."category" = 'Tea'
          ) OR STARTS_WITH("t0"."category", 'Tea / ')
        )
    ) AS "t9"
    WHERE
      "t22"."customer_id" = "t9"."customer_id"
  )
  AND NOT EXISTS(
    SELECT
      1
    FROM (
      SELECT
        "t0"."customer_id"
      FROM "lines" AS "t0"
      WHERE
        "t0"."customer_id" IS NOT NULL
        AND "t0"."occurred_on" <= MAKE_DATE(2024, 2, 29)
        AND "t0"."quantity_milli" > 0
        AND "t0"."product" = 'B-2'
        AND "t0"."occurred_on" >= MAKE_DATE(2023, 12, 2)
    ) AS "t7"
    WHERE
      "t22"."customer_id" = "t7"."customer_id"
  )
